/** Of a list that is there as a whole, as much as was scrolled to: what is drawn at once stays short. */

import { useState } from "react";

const ROWS_STEP = 100;

interface PagedRows<Row> {
  rows: readonly Row[];
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** `asked` tells one list from another: each begins folded. */
export function useIncrementalRows<Row>(listKey: string, list: PagedRows<Row>): PagedRows<Row> {
  const [state, setState] = useState({ asked: listKey, rows: ROWS_STEP });
  const rows = state.asked === listKey ? state.rows : ROWS_STEP;
  const hasHiddenRows = rows < list.rows.length;
  return {
    rows: hasHiddenRows ? list.rows.slice(0, rows) : list.rows,
    hasMore: hasHiddenRows || list.hasMore,
    isLoadingMore: !hasHiddenRows && list.isLoadingMore,
    loadMore: () => {
      setState({ asked: listKey, rows: rows + ROWS_STEP });
      if (!hasHiddenRows) list.loadMore();
    },
  };
}
