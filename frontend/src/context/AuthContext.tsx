/** The signed-in user and the session. */

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { api, client, type Schemas, session } from "~/services/api/client";
import { type ApiError, toApiError } from "~/services/api/errors";
import type { EndReason } from "~/services/api/session";

export type User = Schemas["UserView"];

interface Auth {
  /** `in` once the user is loaded; `unknown` until the server has answered. */
  status: "unknown" | "in" | "out";
  user: User | null;
  isAdmin: boolean;
  /** Why the session ended; null if nobody was signed in. */
  endReason: EndReason | null;
  /** Why the user could not be loaded. */
  error: ApiError | null;
  retry: () => void;
  signIn: (username: string, password: string) => Promise<void>;
  /** Create an account and sign in to it. */
  signUp: (account: Schemas["RegisterBody"]) => Promise<void>;
  signOut: () => Promise<void>;
}

const AuthContext = createContext<Auth | null>(null);

export function AuthProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const status = useSyncExternalStore(session.subscribe, () => session.status);
  const [startError, setStartError] = useState<ApiError | null>(null);
  const me = api.useQuery(
    "get",
    "/api/v1/auth/me",
    {},
    { enabled: status === "in", staleTime: 60_000 },
  );

  const start = useCallback(() => {
    setStartError(null);
    session.start().catch((error: unknown) => setStartError(toApiError(error)));
  }, []);
  useEffect(start, [start]);
  useEffect(() => {
    if (status === "out") queries.clear();
  }, [status, queries]);

  const user = status === "in" ? (me.data ?? null) : null;
  const meError = status === "in" && me.error ? toApiError(me.error) : null;
  const auth = useMemo<Auth>(
    () => ({
      status: status === "in" && user === null ? "unknown" : status,
      user,
      isAdmin: user?.is_admin ?? false,
      endReason: status === "out" ? session.endReason : null,
      error: startError ?? meError,
      retry: startError ? start : () => void me.refetch(),
      signIn: (username, password) => session.signIn(username, password),
      signUp: async (account) => {
        await client.POST("/api/v1/auth/register", { body: account });
        await session.signIn(account.username, account.password);
      },
      signOut: () => session.signOut(),
    }),
    [status, user, startError, meError, start, me.refetch],
  );
  return <AuthContext value={auth}>{children}</AuthContext>;
}

export function useAuth(): Auth {
  const auth = use(AuthContext);
  if (auth === null) throw new Error("there is no AuthProvider around this");
  return auth;
}

/** The signed-in user; only below a `ProtectedRoute`. */
export function useUser(): User {
  const { user } = useAuth();
  if (user === null) throw new Error("nobody is signed in here");
  return user;
}
