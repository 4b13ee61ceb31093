import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { prefetchData } from "./app/prefetch";
import { preload } from "./app/routes";
import { session } from "./services/api/client";
import "./styles/index.css";

/**
 * How long the first paint waits for the page's code: React shows a skeleton for longer than that.
 */
const FIRST_PAINT_DELAY_MAX_MS = 150;

// These run in parallel. Errors are reported where the data is used.
session.start().catch(() => undefined);
const isToSignIn = session.status === "out" && location.pathname !== "/register";
const pageLoaded = preload(isToSignIn ? "/login" : location.pathname);
prefetchData(location.pathname);

/** A link that is hovered or focused is likely to be followed. */
function preloadTarget({ target }: Event): void {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>("a[href]");
  if (link && link.origin === location.origin) void preload(link.pathname);
}
addEventListener("pointerover", preloadTarget);
addEventListener("focusin", preloadTarget);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const app = createRoot(root);
const timeout = new Promise((done) => setTimeout(done, FIRST_PAINT_DELAY_MAX_MS));
void Promise.race([pageLoaded, timeout]).then(() =>
  app.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
