/** Route objects for pages whose code is fetched when they are first opened, or earlier by `preload`. */

import { type ComponentType, lazy, type ReactNode, Suspense, useState } from "react";
import { type RouteObject, useLocation } from "react-router";
import { PageSkeleton } from "~/components/feedback/Skeleton";
import { ErrorBoundary } from "./ErrorBoundary";

/** `lazy` loads the code, `element` renders it. */
export function lazyPage(
  load: () => Promise<{ default: ComponentType }>,
): Required<Pick<RouteObject, "lazy" | "element">> {
  let loaded: ComponentType | null = null;
  const loadPage = async () => {
    const page = await load();
    loaded = page.default;
    return page;
  };
  const LazyPage = lazy(loadPage);
  function Page() {
    // Loaded code is rendered without Suspense: React shows a fallback for a third of a second at
    // least. Kept in state, as another component type would remount the page.
    const [{ Content }] = useState(() => ({ Content: loaded ?? LazyPage }));
    return <Content />;
  }
  return {
    lazy: async () => ({ Component: (await loadPage()).default }),
    element: (
      <PageBoundary>
        <Page />
      </PageBoundary>
    ),
  };
}

/** Shows an error of a page, or its skeleton, in place of that page only. */
function PageBoundary({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  return (
    <ErrorBoundary address={pathname}>
      <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
    </ErrorBoundary>
  );
}
