import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { prefetchData } from "./app/prefetch";
import { preload } from "./app/routes";
import { session } from "./services/api/client";
import "./styles/index.css";

/** How long the first paint waits for the page's own code: a skeleton, once shown, stays for longer than that. */
const PATIENCE_MS = 150;

// None of this waits for another. What fails is told by whoever asks again.
session.start().catch(() => undefined);
const isToSignIn = session.status === "out" && location.pathname !== "/register";
const loaded = preload(isToSignIn ? "/login" : location.pathname);
prefetchData(location.pathname);

/** Who points at a link is about to follow it. */
function aimed({ target }: Event): void {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>("a[href]");
  if (link && link.origin === location.origin) void preload(link.pathname);
}
addEventListener("pointerover", aimed);
addEventListener("focusin", aimed);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const app = createRoot(root);
const waited = new Promise((done) => setTimeout(done, PATIENCE_MS));
void Promise.race([loaded, waited]).then(() =>
  app.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
