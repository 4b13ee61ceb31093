/** Which of the first steps are done; polled until all are done or hidden. */

import { useEffect, useState } from "react";
import { useUser } from "~/context/AuthContext";
import type { Schemas } from "~/services/api/client";
import { usePagedList } from "~/services/api/pagedList";
import { firstSteps, hasFlag, type Step, setFlag } from "~/services/firstSteps";

const ONE_ROW = { query: { limit: 1 } };
const REFRESH_INTERVAL_MS = 5_000;

interface FirstSteps {
  /** Empty if they are hidden or all done. */
  steps: readonly Step[];
  isKnown: boolean;
  hide: () => void;
}

export function useFirstSteps(fleet: Schemas["FleetView"] | undefined): FirstSteps {
  const { id } = useUser();
  const [wasHidden, setHidden] = useState(() => hasFlag("first-steps-hidden", id));
  // Before the first model there is nothing else to show.
  const isHidden = wasHidden && fleet?.models !== 0;
  const options = { enabled: !isHidden, refetchInterval: REFRESH_INTERVAL_MS } as const;
  const newest = usePagedList("/api/v1/models", ONE_ROW, options);
  const keys = usePagedList("/api/v1/api-keys", ONE_ROW, options);
  const isKnown = isHidden || !(newest.isPending || keys.isPending);
  const steps = firstSteps({
    models: fleet?.models ?? 0,
    predictions: fleet?.total_predictions ?? 0,
    hasSeenHistory: hasFlag("history-seen", id),
    keys: keys.total ?? keys.rows.length,
    modelId: newest.rows[0]?.id ?? null,
  });
  const hide = () => {
    setFlag("first-steps-hidden", id);
    setHidden(true);
  };
  const isAllDone = isKnown && fleet !== undefined && steps.every(({ isDone }) => isDone);
  useEffect(() => {
    if (isAllDone) setFlag("first-steps-hidden", id);
  }, [isAllDone, id]);
  return { steps: isHidden || isAllDone ? [] : steps, isKnown, hide };
}
