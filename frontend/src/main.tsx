import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, preload } from "./App";
import { fetchAhead } from "./services/ahead";
import { session } from "./services/api";
import "./styles/index.css";

// None of this waits for another, nor for the first paint. What fails is told by whoever asks again.
session.start().catch(() => undefined);
preload(location.pathname);
fetchAhead(location.pathname);

/** Who points at a link is about to follow it. */
function aimed({ target }: Event): void {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>("a[href]");
  if (link && link.origin === location.origin) preload(link.pathname);
}
addEventListener("pointerover", aimed);
addEventListener("focusin", aimed);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
