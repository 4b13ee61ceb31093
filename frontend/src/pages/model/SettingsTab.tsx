/** What the owner says of a model, whether it answers, and its end. */

import { Section } from "~/components/ui/Section";
import { useModel } from "./ModelPage";
import { Activity } from "./settings/Activity";
import { Deletion } from "./settings/Deletion";
import { Documentation } from "./settings/Documentation";
import { Words } from "./settings/Words";

export default function SettingsTab() {
  const model = useModel();
  return (
    <>
      <Section
        isBeside
        title="Name and description"
        text="What people read. What it was before stays in the timeline."
      >
        <Words model={model} key={model.id} />
      </Section>
      <Section
        isBeside
        title="Documentation"
        text={
          <p>
            What version {model.version_number} takes and gives, as JSON Schema. It is shown to
            callers; calls are checked against the file itself.
          </p>
        }
      >
        <Documentation model={model} key={model.version_number} />
      </Section>
      <Section isBeside title="Calls" text="Pause the model without losing anything.">
        <Activity model={model} />
      </Section>
      <Section
        isBeside
        title="Deletion"
        text="It is gone for you and for callers, and can be undone."
      >
        <Deletion model={model} />
      </Section>
    </>
  );
}
