/** Pages whose code is fetched when they are opened, or before, where it is known that they will be. */

import { type ComponentType, createElement, lazy } from "react";

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
  const Content = () => createElement(loaded ?? Later);
  return Object.assign(Content, { preload });
}
