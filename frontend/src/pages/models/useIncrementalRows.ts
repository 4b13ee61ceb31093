/** Shows a long list step by step while the user scrolls, so that each render stays short. */

import { useState } from "react";

const ROWS_STEP = 100;

interface PagedRows<Row> {
  rows: readonly Row[];
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** `listKey` identifies the list; another list starts from the beginning. */
export function useIncrementalRows<Row>(listKey: string, list: PagedRows<Row>): PagedRows<Row> {
  const [state, setState] = useState({ listKey, rows: ROWS_STEP });
  const rows = state.listKey === listKey ? state.rows : ROWS_STEP;
  const hasHiddenRows = rows < list.rows.length;
  return {
    rows: hasHiddenRows ? list.rows.slice(0, rows) : list.rows,
    hasMore: hasHiddenRows || list.hasMore,
    isLoadingMore: !hasHiddenRows && list.isLoadingMore,
    loadMore: () => {
      setState({ listKey, rows: rows + ROWS_STEP });
      if (!hasHiddenRows) list.loadMore();
    },
  };
}
