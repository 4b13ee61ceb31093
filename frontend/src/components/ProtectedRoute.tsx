/** What only those who are signed in, or administrators, may see. The server decides; this is manners. */

import { Navigate, Outlet, useLocation } from "react-router";
import { useAuth } from "~/context/AuthContext";
import { ButtonLink } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { ErrorState } from "./ui/ErrorState";
import { PageHeader } from "./ui/PageHeader";
import { PageSkeleton } from "./ui/Skeleton";

export function ProtectedRoute() {
  const { status, ending, error, retry } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "in") return <Outlet />;
  if (status === "out") {
    const next =
      ending === "left" || pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
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
      <EmptyState title="This leaf is not yours" text="Your account has no access to this page.">
        <ButtonLink to="/" look="primary">
          To the dashboard
        </ButtonLink>
      </EmptyState>
    </>
  );
}
