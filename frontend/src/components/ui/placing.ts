/** Where something that floats is put. Set from script, which the page's CSP allows. */

const GAP = 6;
const EDGE = 8;

/** Put it above or below, where there is room, and within the window. */
export function placeBeside(
  floating: HTMLElement,
  anchor: HTMLElement,
  side: "above" | "below",
  end = false,
): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = floating.getBoundingClientRect();
  const above = at.top - height - GAP;
  const below = at.bottom + GAP;
  const isAbove =
    side === "above" ? above >= EDGE : below + height > innerHeight - EDGE && above >= EDGE;
  const left =
    side === "above" ? at.left + at.width / 2 - width / 2 : end ? at.right - width : at.left;
  floating.style.top = `${isAbove ? above : below}px`;
  floating.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  floating.style.right = "auto";
  floating.style.bottom = "auto";
}
