/**
 * Routes for signed-in users and for administrators. The server enforces access; these only avoid
 * showing pages that would fail.
 */

import { Navigate, Outlet, useLocation } from "react-router";
import { ButtonLink } from "~/components/buttons/Button";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { PageSkeleton } from "~/components/feedback/Skeleton";
import { PageHeader } from "~/components/layout/PageHeader";
import { useAuth } from "~/context/AuthContext";

export function ProtectedRoute() {
  const { status, endReason, error, retry } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "in") return <Outlet />;
  if (status === "out") {
    const next =
      endReason === "signed-out" || pathname === "/"
        ? ""
        : `?next=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={`/login${next}`} replace />;
  }
  return (
    <main className="mx-auto max-w-5xl p-6">
      {error === null ? <PageSkeleton /> : <ErrorState error={error} onRetry={retry} />}
    </main>
  );
}

export function AdminRoute() {
  const { isAdmin } = useAuth();
  if (isAdmin) return <Outlet />;
  return (
    <>
      <PageHeader title="For administrators" />
      <EmptyState title="No access" text="Your account has no access to this page.">
        <ButtonLink to="/" variant="primary">
          To the dashboard
        </ButtonLink>
      </EmptyState>
    </>
  );
}
