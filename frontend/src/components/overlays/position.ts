/** Positions floating elements. Styles are set from scripts, which the page's CSP allows. */

const GAP_PX = 6;
const WINDOW_MARGIN_PX = 8;

/** Place it above or below the anchor, where it fits, and inside the window. */
export function positionBeside(
  floating: HTMLElement,
  anchor: HTMLElement,
  side: "above" | "below",
  alignEnd = false,
): void {
  const anchorBox = anchor.getBoundingClientRect();
  const { width, height } = floating.getBoundingClientRect();
  const above = anchorBox.top - height - GAP_PX;
  const below = anchorBox.bottom + GAP_PX;
  const isAbove =
    side === "above"
      ? above >= WINDOW_MARGIN_PX
      : below + height > innerHeight - WINDOW_MARGIN_PX && above >= WINDOW_MARGIN_PX;
  const left =
    side === "above"
      ? anchorBox.left + anchorBox.width / 2 - width / 2
      : alignEnd
        ? anchorBox.right - width
        : anchorBox.left;
  floating.style.top = `${isAbove ? above : below}px`;
  floating.style.left = `${Math.max(WINDOW_MARGIN_PX, Math.min(left, innerWidth - width - WINDOW_MARGIN_PX))}px`;
  floating.style.right = "auto";
  floating.style.bottom = "auto";
}
