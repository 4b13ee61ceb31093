/** The actions on a model, available on all of its tabs. */

import { Ellipsis, FilePlus2, Link2, Play, Settings2 } from "lucide-react";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { IconButton } from "~/components/buttons/IconButton";
import { toast } from "~/components/feedback/toasts";
import { Menu } from "~/components/overlays/Menu";
import { type Command, useCommands } from "~/context/CommandContext";
import type { Schemas } from "~/services/api/client";

export function ModelActions({ model }: { model: Schemas["ModelView"] }) {
  const { id, name } = model;
  const navigate = useNavigate();
  const actions = useMemo(
    () => [
      { label: "Try it", icon: Play, run: () => navigate(`/models/${id}/try`) },
      { label: "Add a version", icon: FilePlus2, run: () => navigate(`/upload?model=${id}`) },
      { label: "Copy its address", icon: Link2, run: () => void copyPredictUrl(id) },
      { label: "Settings", icon: Settings2, run: () => navigate(`/models/${id}/settings`) },
    ],
    [id, navigate],
  );
  const commands = useMemo(
    () =>
      actions.map(({ label, run }): Command => ({ id: `model-${label}`, label, group: name, run })),
    [actions, name],
  );
  useCommands(commands);
  return (
    <Menu
      label={`Actions on ${name}`}
      button={<IconButton icon={Ellipsis} label="Actions" />}
      items={actions}
    />
  );
}

async function copyPredictUrl(id: string): Promise<void> {
  const address = `${location.origin}/api/v1/models/${id}/predict`;
  try {
    await navigator.clipboard.writeText(address);
    toast({ text: "The address to send predictions to is copied.", tone: "success" });
  } catch {
    toast({ text: `This browser did not allow copying. It is ${address}`, tone: "warn" });
  }
}
