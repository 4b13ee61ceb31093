/** The API as its own description types it: a client, and hooks over it. */

import { QueryClient } from "@tanstack/react-query";
import createClient from "openapi-fetch";
import createHooks from "openapi-react-query";
import type { components, paths } from "./generated/schema";
import { Refusal, refusalOf, unreachable } from "./problems";
import { Reach } from "./reach";
import { browser, Session } from "./session";

export type Schemas = components["schemas"];

export const session = new Session(browser());
export const reach = new Reach(async () => (await fetch("/health")).ok);

/**
 * Call the server as whoever is signed in; a token that has ended is exchanged and the call sent
 * once more. Throws a `Refusal` for every answer that is none.
 */
export async function send(input: string | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const again = request.clone();
  const token = await session.current();
  let response = await attempt(request, token);
  if (response.status === 401 && token !== null) {
    const next = await session.refresh(token);
    if (next !== null) response = await attempt(again, next);
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function attempt(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  try {
    const response = await fetch(request);
    reach.found();
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    reach.lost();
    throw unreachable();
  }
}

export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  fetch: send,
});

/** `api.useQuery("get", "/api/v1/models/{model_id}", …)`; an error is always a `Refusal`. */
export const api = createHooks(client);

client.use({
  onResponse: ({ response, schemaPath }) => {
    heedAge(response, schemaPath as keyof paths);
    return undefined;
  },
});

const RETRIES_MAX = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < RETRIES_MAX &&
        (error as unknown) instanceof Refusal &&
        (error as unknown as Refusal).isTransient,
    },
  },
});

// What is shown may be others' by now.
reach.subscribe(() => reach.isReachable && void queries.invalidateQueries());

/** Make what is shown of some addresses fresh: `refetch("/api/v1/models")`. */
export function refetch(...addresses: (keyof paths)[]): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey }) => queryKey.some((part) => addresses.includes(part as keyof paths)),
  });
}

const SOON_MS = 400;
const LATE_MS = 30_000;
const behind = new Set<keyof paths>();

/** Ask again, a moment later, for what the server says is behind what was recorded. */
export function heedAge(response: Response, path: keyof paths): void {
  const ageMs = 1_000 * Number(response.headers.get("X-Data-Age"));
  if (ageMs === 0 || behind.has(path)) return;
  behind.add(path);
  setTimeout(
    () => {
      behind.delete(path);
      void refetch(path);
    },
    Math.min(Math.max(ageMs, SOON_MS), LATE_MS),
  );
}
