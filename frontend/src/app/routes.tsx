/**
 * Which page each path shows.
 *
 * The objects are React Router's, rendered by `useRoutes`. Its data router would call their `lazy`
 * by itself, but adds 15.7 kB (gzip) of scripts to the first load.
 */

import { matchRoutes, Navigate, type RouteObject } from "react-router";
import { Layout } from "~/components/Layout";
import { AdminRoute, ProtectedRoute } from "~/components/ProtectedRoute";
import { lazyPage } from "./lazyPage";

const modelTabs: RouteObject[] = [
  { index: true, ...lazyPage(() => import("~/pages/model/OverviewTab")) },
  { path: "try", ...lazyPage(() => import("~/pages/model/TryItTab")) },
  { path: "versions", ...lazyPage(() => import("~/pages/model/VersionsTab")) },
  { path: "metrics", ...lazyPage(() => import("~/pages/model/MetricsTab")) },
  { path: "history", ...lazyPage(() => import("~/pages/model/HistoryTab")) },
  { path: "timeline", ...lazyPage(() => import("~/pages/model/TimelineTab")) },
  { path: "settings", ...lazyPage(() => import("~/pages/model/SettingsTab")) },
];

const adminPages: RouteObject[] = [
  { index: true, element: <Navigate to="users" replace /> },
  { path: "users", ...lazyPage(() => import("~/pages/admin/UsersPage")) },
  { path: "system", ...lazyPage(() => import("~/pages/admin/SystemPage")) },
];

const pages: RouteObject[] = [
  { index: true, ...lazyPage(() => import("~/pages/DashboardPage")) },
  { path: "models", ...lazyPage(() => import("~/pages/ModelsPage")) },
  {
    path: "models/:modelId",
    ...lazyPage(() => import("~/pages/model/ModelPage")),
    children: modelTabs,
  },
  { path: "upload", ...lazyPage(() => import("~/pages/UploadPage")) },
  { path: "activity", ...lazyPage(() => import("~/pages/ActivityPage")) },
  { path: "api-keys", ...lazyPage(() => import("~/pages/ApiKeysPage")) },
  { path: "profile", ...lazyPage(() => import("~/pages/ProfilePage")) },
  { path: "admin", element: <AdminRoute />, children: adminPages },
  { path: "*", ...lazyPage(() => import("~/pages/NotFoundPage")) },
];

export const routes: RouteObject[] = [
  { path: "login", ...lazyPage(() => import("~/pages/LoginPage")) },
  { path: "register", ...lazyPage(() => import("~/pages/RegisterPage")) },
  { element: <ProtectedRoute />, children: [{ element: <Layout />, children: pages }] },
];

/** Load the code of the pages at a path. Resolves when it is loaded or has failed to load. */
export async function preload(pathname: string): Promise<void> {
  const matches = matchRoutes(routes, pathname) ?? [];
  await Promise.allSettled(
    matches.map(({ route }) => (typeof route.lazy === "function" ? route.lazy() : undefined)),
  );
}
