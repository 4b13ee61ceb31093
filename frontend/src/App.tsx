/** Which page lies at which address; each is fetched when it is first opened. */

import { QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { Layout } from "~/components/Layout";
import { Page } from "~/components/Page";
import { AdminRoute, ProtectedRoute } from "~/components/ProtectedRoute";
import { type PageOf, pageOf } from "~/components/pageOf";
import { Toaster } from "~/components/ui/Toaster";
import { AuthProvider } from "~/context/AuthContext";
import { CommandProvider } from "~/context/CommandContext";
import { ThemeProvider } from "~/context/ThemeContext";
import { queries } from "~/services/api";

const LoginPage = pageOf(() => import("~/pages/LoginPage"));
const RegisterPage = pageOf(() => import("~/pages/RegisterPage"));
const DashboardPage = pageOf(() => import("~/pages/DashboardPage"));
const ModelsPage = pageOf(() => import("~/pages/ModelsPage"));
const UploadPage = pageOf(() => import("~/pages/UploadPage"));
const ModelPage = pageOf(() => import("~/pages/model/ModelPage"));
const OverviewTab = pageOf(() => import("~/pages/model/OverviewTab"));
const TryItTab = pageOf(() => import("~/pages/model/TryItTab"));
const VersionsTab = pageOf(() => import("~/pages/model/VersionsTab"));
const MetricsTab = pageOf(() => import("~/pages/model/MetricsTab"));
const HistoryTab = pageOf(() => import("~/pages/model/HistoryTab"));
const TimelineTab = pageOf(() => import("~/pages/model/TimelineTab"));
const SettingsTab = pageOf(() => import("~/pages/model/SettingsTab"));
const ActivityPage = pageOf(() => import("~/pages/ActivityPage"));
const ApiKeysPage = pageOf(() => import("~/pages/ApiKeysPage"));
const ProfilePage = pageOf(() => import("~/pages/ProfilePage"));
const UsersPage = pageOf(() => import("~/pages/admin/UsersPage"));
const SystemPage = pageOf(() => import("~/pages/admin/SystemPage"));
const NotFoundPage = pageOf(() => import("~/pages/NotFoundPage"));

/** Whose code an address needs. */
const NEEDS: readonly [RegExp, PageOf][] = [
  [/^\/login$/, LoginPage],
  [/^\/register$/, RegisterPage],
  [/^\/$/, DashboardPage],
  [/^\/models$/, ModelsPage],
  [/^\/models\/./, ModelPage],
  [/^\/models\/[^/]+$/, OverviewTab],
  [/\/try$/, TryItTab],
  [/\/versions$/, VersionsTab],
  [/\/metrics$/, MetricsTab],
  [/\/history$/, HistoryTab],
  [/\/timeline$/, TimelineTab],
  [/\/settings$/, SettingsTab],
  [/^\/upload$/, UploadPage],
  [/^\/activity$/, ActivityPage],
  [/^\/api-keys$/, ApiKeysPage],
  [/^\/profile$/, ProfilePage],
  [/^\/admin\/users$/, UsersPage],
  [/^\/admin\/system$/, SystemPage],
];

/** Fetch the code of a page that will be opened, or may be; ends when it is there, or cannot be had. */
export async function preload(pathname: string): Promise<void> {
  const needed = NEEDS.filter(([address]) => address.test(pathname));
  await Promise.allSettled(needed.map(([, page]) => page.preload()));
}

export function App() {
  return (
    <ThemeProvider>
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <AuthProvider>
            <CommandProvider>
              <Addresses />
              <Toaster />
            </CommandProvider>
          </AuthProvider>
        </BrowserRouter>
      </QueryClientProvider>
    </ThemeProvider>
  );
}

function Addresses() {
  return (
    <Routes>
      <Route path="login" element={<Page of={LoginPage} />} />
      <Route path="register" element={<Page of={RegisterPage} />} />
      <Route element={<ProtectedRoute />}>
        <Route element={<Layout />}>
          <Route index element={<Page of={DashboardPage} />} />
          <Route path="models" element={<Page of={ModelsPage} />} />
          <Route path="models/:modelId" element={<Page of={ModelPage} />}>
            <Route index element={<Page of={OverviewTab} />} />
            <Route path="try" element={<Page of={TryItTab} />} />
            <Route path="versions" element={<Page of={VersionsTab} />} />
            <Route path="metrics" element={<Page of={MetricsTab} />} />
            <Route path="history" element={<Page of={HistoryTab} />} />
            <Route path="timeline" element={<Page of={TimelineTab} />} />
            <Route path="settings" element={<Page of={SettingsTab} />} />
          </Route>
          <Route path="upload" element={<Page of={UploadPage} />} />
          <Route path="activity" element={<Page of={ActivityPage} />} />
          <Route path="api-keys" element={<Page of={ApiKeysPage} />} />
          <Route path="profile" element={<Page of={ProfilePage} />} />
          <Route path="admin" element={<AdminRoute />}>
            <Route index element={<Navigate to="users" replace />} />
            <Route path="users" element={<Page of={UsersPage} />} />
            <Route path="system" element={<Page of={SystemPage} />} />
          </Route>
          <Route path="*" element={<Page of={NotFoundPage} />} />
        </Route>
      </Route>
    </Routes>
  );
}
