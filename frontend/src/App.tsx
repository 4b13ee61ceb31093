/** Which page lies at which address; each is fetched when it is first opened. */

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { Layout } from "~/components/Layout";
import { Page } from "~/components/Page";
import { AdminRoute, ProtectedRoute } from "~/components/ProtectedRoute";
import { Toaster } from "~/components/ui/Toaster";
import { AuthProvider } from "~/context/AuthContext";
import { CommandProvider } from "~/context/CommandContext";
import { ThemeProvider } from "~/context/ThemeContext";
import { queries } from "~/services/api";

const LoginPage = lazy(() => import("~/pages/LoginPage"));
const RegisterPage = lazy(() => import("~/pages/RegisterPage"));
const DashboardPage = lazy(() => import("~/pages/DashboardPage"));
const ModelsPage = lazy(() => import("~/pages/ModelsPage"));
const UploadPage = lazy(() => import("~/pages/UploadPage"));
const ModelPage = lazy(() => import("~/pages/model/ModelPage"));
const OverviewTab = lazy(() => import("~/pages/model/OverviewTab"));
const TryItTab = lazy(() => import("~/pages/model/TryItTab"));
const VersionsTab = lazy(() => import("~/pages/model/VersionsTab"));
const MetricsTab = lazy(() => import("~/pages/model/MetricsTab"));
const HistoryTab = lazy(() => import("~/pages/model/HistoryTab"));
const TimelineTab = lazy(() => import("~/pages/model/TimelineTab"));
const SettingsTab = lazy(() => import("~/pages/model/SettingsTab"));
const ActivityPage = lazy(() => import("~/pages/ActivityPage"));
const ApiKeysPage = lazy(() => import("~/pages/ApiKeysPage"));
const ProfilePage = lazy(() => import("~/pages/ProfilePage"));
const UsersPage = lazy(() => import("~/pages/admin/UsersPage"));
const SystemPage = lazy(() => import("~/pages/admin/SystemPage"));
const NotFoundPage = lazy(() => import("~/pages/NotFoundPage"));

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
