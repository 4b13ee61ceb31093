/** The providers that all pages use, around the page of the current path. */

import { QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, useRoutes } from "react-router";
import { Toaster } from "~/components/feedback/Toaster";
import { AuthProvider } from "~/context/AuthContext";
import { CommandProvider } from "~/context/CommandContext";
import { ThemeProvider } from "~/context/ThemeContext";
import { queryClient } from "~/services/api/client";
import { routes } from "./routes";

export function App() {
  return (
    <ThemeProvider>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <AuthProvider>
            <CommandProvider>
              <CurrentPage />
              <Toaster />
            </CommandProvider>
          </AuthProvider>
        </BrowserRouter>
      </QueryClientProvider>
    </ThemeProvider>
  );
}

const CurrentPage = () => useRoutes(routes);
