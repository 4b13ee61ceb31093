/** What only those who are signed in, or administrators, may see. The server decides; this is manners. */

import { Navigate, Outlet, useLocation } from "react-router";
import { useAuth } from "~/context/AuthContext";
import { EmptyState } from "./ui/EmptyState";
import { ErrorState } from "./ui/ErrorState";
import { PageSkeleton } from "./ui/Skeleton";

export function ProtectedRoute() {
  const { status, hasLeft, error, retry } = useAuth();
  const { pathname, search } = useLocation();
  if (status === "in") return <Outlet />;
  if (status === "out") {
    const next =
      hasLeft || pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
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
  return <EmptyState title="For administrators" text="Your account has no access to this page." />;
}
