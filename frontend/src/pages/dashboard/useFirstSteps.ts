/** Which of the first steps are done; asked of the server until all are, or until they are hidden. */

import { useEffect, useState } from "react";
import { useUser } from "~/context/AuthContext";
import type { Schemas } from "~/services/api";
import { firstSteps, isNoted, noteDown, type Step } from "~/services/firstSteps";
import { useListing } from "~/services/listing";

const ONE = { query: { limit: 1 } };
const ASK_MS = 5_000;

interface FirstSteps {
  /** None where they are hidden or all are done. */
  steps: readonly Step[];
  isKnown: boolean;
  hide: () => void;
}

export function useFirstSteps(fleet: Schemas["FleetView"] | undefined): FirstSteps {
  const { id } = useUser();
  const [wasHidden, setHidden] = useState(() => isNoted("first-steps-hidden", id));
  // Before the first model there is nothing else to be shown.
  const isHidden = wasHidden && fleet?.models !== 0;
  const options = { enabled: !isHidden, refetchInterval: ASK_MS } as const;
  const newest = useListing("/api/v1/models", ONE, options);
  const keys = useListing("/api/v1/api-keys", ONE, options);
  const isKnown = isHidden || !(newest.isPending || keys.isPending);
  const steps = firstSteps({
    models: fleet?.models ?? 0,
    predictions: fleet?.total_predictions ?? 0,
    hasSeenHistory: isNoted("history-seen", id),
    keys: keys.total ?? keys.rows.length,
    modelId: newest.rows[0]?.id ?? null,
  });
  const hide = () => {
    noteDown("first-steps-hidden", id);
    setHidden(true);
  };
  const isAllDone = isKnown && fleet !== undefined && steps.every(({ isDone }) => isDone);
  useEffect(() => {
    if (isAllDone) noteDown("first-steps-hidden", id);
  }, [isAllDone, id]);
  return { steps: isHidden || isAllDone ? [] : steps, isKnown, hide };
}
