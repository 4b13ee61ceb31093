/** The projections and the tasks that were started from this page. */

import { useCallback, useEffect, useState } from "react";
import { api, client } from "~/services/api/client";
import {
  hasFailed,
  isFinished,
  type Projection,
  type StartedTask,
  type Task,
} from "./verification";

const BUSY_INTERVAL_MS = 500;
const IDLE_INTERVAL_MS = 5_000;

export type Tasks = Readonly<Record<string, StartedTask>>;

export function useProjections() {
  const [tasks, setTasks] = useState<Tasks>({});
  const { data, error, isPending, refetch, dataUpdatedAt } = api.useQuery(
    "get",
    "/api/v1/admin/projections",
    {},
    {
      refetchInterval: ({ state }) =>
        isBusy(state.data ?? [], tasks) ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS,
      staleTime: 0,
    },
  );
  useEffect(() => {
    if (data) setTasks((before) => markSeen(before, data, dataUpdatedAt));
  }, [data, dataUpdatedAt]);
  const start = useCallback(
    async (task: Task, before: Projection) => {
      const params = { path: { name: before.name } };
      await client.POST(`/api/v1/admin/projections/{name}/${task}`, { params });
      setTasks((all) => ({ ...all, [before.name]: { task, before, seenAt: Date.now() } }));
      void refetch();
    },
    [refetch],
  );
  return { projections: data ?? [], tasks, start, error, isPending, refetch, at: dataUpdatedAt };
}

/** Whether to poll at the short interval. */
const isBusy = (projections: readonly Projection[], tasks: Tasks): boolean =>
  projections.some((now) => {
    const started = tasks[now.name];
    if (now.progress !== null) return true;
    return (
      started !== undefined && !isFinished(started, now) && !hasFailed(started, now, Date.now())
    );
  });

function markSeen(tasks: Tasks, projections: readonly Projection[], at: number): Tasks {
  const working = projections.filter(({ name, progress }) => tasks[name] && progress !== null);
  if (working.length === 0) return tasks;
  const updated = working.map(({ name }) => [name, { ...tasks[name], seenAt: at }]);
  return { ...tasks, ...(Object.fromEntries(updated) as Tasks) };
}
