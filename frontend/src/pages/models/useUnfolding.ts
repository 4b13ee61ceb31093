/** Of a list that is there as a whole, as much as was scrolled to: what is drawn at once stays short. */

import { useState } from "react";

const STEP = 100;

interface Listing<Row> {
  rows: readonly Row[];
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** `asked` tells one list from another: each begins folded. */
export function useUnfolding<Row>(asked: string, listing: Listing<Row>): Listing<Row> {
  const [unfolded, setUnfolded] = useState({ asked, rows: STEP });
  const rows = unfolded.asked === asked ? unfolded.rows : STEP;
  const isFolded = rows < listing.rows.length;
  return {
    rows: isFolded ? listing.rows.slice(0, rows) : listing.rows,
    hasMore: isFolded || listing.hasMore,
    isLoadingMore: !isFolded && listing.isLoadingMore,
    loadMore: () => {
      setUnfolded({ asked, rows: rows + STEP });
      if (!isFolded) listing.loadMore();
    },
  };
}
