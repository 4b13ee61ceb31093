/** Pages whose code is fetched when they are opened, or before, where it is known that they will be. */

import { type ComponentType, createElement, lazy, useState } from "react";

export type PageOf = ComponentType & { preload: () => Promise<unknown> };

export function pageOf(load: () => Promise<{ default: ComponentType }>): PageOf {
  let loaded: ComponentType | null = null;
  const preload = async () => {
    const page = await load();
    loaded = page.default;
    return page;
  };
  const Later = lazy(preload);
  // What is there already is shown at once: what waits, however shortly, is held back by React
  // until its skeleton was seen for a third of a second.
  const Content = () => {
    // Once shown it stays the same, or it would begin anew.
    const [page] = useState<{ shown: ComponentType }>(() => ({ shown: loaded ?? Later }));
    return createElement(page.shown);
  };
  return Object.assign(Content, { preload });
}
