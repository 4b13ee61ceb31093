/** The typed API client and its React Query hooks. */

import { QueryClient } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import createHooks from "openapi-react-query";
import { ApiError, readApiError, unreachableError } from "./errors";
import type { components, paths } from "./generated/schema";
import { Reach } from "./reachability";
import { browserDependencies, Session } from "./session";

export type Schemas = components["schemas"];

export const session = new Session(browserDependencies());
export const reachability = new Reach(async () => (await fetch("/health")).ok);

/**
 * Send a request with the session's token. If the token has expired, it is refreshed and the
 * request sent again. Throws an `ApiError` for every error status.
 */
export async function send(input: string | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const retryRequest = request.clone();
  const token = await session.currentToken();
  let response = await sendOnce(request, token);
  if (response.status === 401 && token !== null) {
    const next = await session.refresh(token);
    if (next !== null) response = await sendOnce(retryRequest, next);
  }
  if (!response.ok) throw await readApiError(response);
  return response;
}

async function sendOnce(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    const response = await fetch(request);
    reachability.markReachable();
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    reachability.markUnreachable();
    throw unreachableError();
  }
}

export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  fetch: send,
});

/** `api.useQuery("get", "/api/v1/models/{model_id}", …)`; errors are always an `ApiError`. */
export const api = createHooks(client);

client.use({
  onResponse: ({ response, schemaPath }) => {
    refetchIfStale(response, schemaPath as keyof paths);
    return undefined;
  },
});

const RETRIES_MAX = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < RETRIES_MAX &&
        (error as unknown) instanceof ApiError &&
        (error as unknown as ApiError).isTransient,
    },
  },
});

// Data may have changed while the server was unreachable.
reachability.subscribe(() => reachability.isReachable && void queryClient.invalidateQueries());

/** Refetch the data of some paths: `refetch("/api/v1/models")`. */
export function refetch(...targets: (keyof paths)[]): Promise<void> {
  return queryClient.invalidateQueries({
    predicate: ({ queryKey }) => queryKey.some((part) => targets.includes(part as keyof paths)),
  });
}

const REFETCH_DELAY_MIN_MS = 400;
const REFETCH_DELAY_MAX_MS = 30_000;
const pendingPaths = new Set<keyof paths>();

/** Refetch later what the server marks as older than the latest event. */
export function refetchIfStale(response: Response, path: keyof paths): void {
  const ageMs = 1_000 * Number(response.headers.get("X-Data-Age"));
  if (ageMs === 0 || pendingPaths.has(path)) return;
  pendingPaths.add(path);
  setTimeout(
    () => {
      pendingPaths.delete(path);
      void refetch(path);
    },
    Math.min(Math.max(ageMs, REFETCH_DELAY_MIN_MS), REFETCH_DELAY_MAX_MS),
  );
}
