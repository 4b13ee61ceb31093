/**
 * Which page each path shows.
 *
 * The objects are React Router's, rendered by `useRoutes`. Its data router would call their `lazy`
 * by itself, but adds 15.7 kB (gzip) of scripts to the first load.
 */

import { matchRoutes, Navigate, type RouteObject } from "react-router";
import { AppLayout } from "./AppLayout";
import { lazyPage } from "./lazyPage";
import { AdminRoute, ProtectedRoute } from "./ProtectedRoute";

const modelTabs: RouteObject[] = [
  { index: true, ...lazyPage(() => import("~/pages/model/overview/OverviewTab")) },
  { path: "try", ...lazyPage(() => import("~/pages/model/try-it/TryItTab")) },
  { path: "versions", ...lazyPage(() => import("~/pages/model/versions/VersionsTab")) },
  { path: "metrics", ...lazyPage(() => import("~/pages/model/metrics/MetricsTab")) },
  { path: "history", ...lazyPage(() => import("~/pages/model/history/HistoryTab")) },
  { path: "timeline", ...lazyPage(() => import("~/pages/model/timeline/TimelineTab")) },
  { path: "settings", ...lazyPage(() => import("~/pages/model/settings/SettingsTab")) },
];

const adminPages: RouteObject[] = [
  { index: true, element: <Navigate to="users" replace /> },
  { path: "users", ...lazyPage(() => import("~/pages/users/UsersPage")) },
  { path: "system", ...lazyPage(() => import("~/pages/system/SystemPage")) },
];

const pages: RouteObject[] = [
  { index: true, ...lazyPage(() => import("~/pages/dashboard/DashboardPage")) },
  { path: "models", ...lazyPage(() => import("~/pages/models/ModelsPage")) },
  {
    path: "models/:modelId",
    ...lazyPage(() => import("~/pages/model/ModelPage")),
    children: modelTabs,
  },
  { path: "upload", ...lazyPage(() => import("~/pages/upload/UploadPage")) },
  { path: "activity", ...lazyPage(() => import("~/pages/activity/ActivityPage")) },
  { path: "api-keys", ...lazyPage(() => import("~/pages/api-keys/ApiKeysPage")) },
  { path: "profile", ...lazyPage(() => import("~/pages/profile/ProfilePage")) },
  { path: "admin", element: <AdminRoute />, children: adminPages },
  { path: "*", ...lazyPage(() => import("~/pages/NotFoundPage")) },
];

export const routes: RouteObject[] = [
  { path: "login", ...lazyPage(() => import("~/pages/auth/LoginPage")) },
  { path: "register", ...lazyPage(() => import("~/pages/auth/RegisterPage")) },
  { element: <ProtectedRoute />, children: [{ element: <AppLayout />, children: pages }] },
];

/** Load the code of the pages at a path. Resolves when it is loaded or has failed to load. */
export async function preload(pathname: string): Promise<void> {
  const matches = matchRoutes(routes, pathname) ?? [];
  await Promise.allSettled(
    matches.map(({ route }) => (typeof route.lazy === "function" ? route.lazy() : undefined)),
  );
}
