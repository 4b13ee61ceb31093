/** A page that is fetched when it is opened; what goes wrong in it stays within it. */

import { type ComponentType, Suspense } from "react";
import { useLocation } from "react-router";
import { ErrorBoundary } from "./ErrorBoundary";
import { PageSkeleton } from "./ui/Skeleton";

export function Page({ of: Content }: { of: ComponentType }) {
  const { pathname } = useLocation();
  return (
    <ErrorBoundary address={pathname}>
      <Suspense fallback={<PageSkeleton />}>
        <Content />
      </Suspense>
    </ErrorBoundary>
  );
}
