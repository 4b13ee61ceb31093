/** Settings of a model: its details, schemas, activation and deletion. */

import { Section } from "~/components/layout/Section";
import { useModel } from "../ModelPage";
import { Activation } from "./Activation";
import { Deletion } from "./Deletion";
import { DetailsForm } from "./DetailsForm";
import { SchemaForm } from "./SchemaForm";

export default function SettingsTab() {
  const model = useModel();
  return (
    <>
      <Section
        isTwoColumn
        title="Name and description"
        text="Texts for people. Earlier ones are kept in the timeline."
      >
        <DetailsForm model={model} key={model.id} />
      </Section>
      <Section
        isTwoColumn
        title="Documentation"
        text={
          <p>
            Input and output of version {model.version_number}, as JSON Schema. It is shown to
            callers; calls are checked against the file itself.
          </p>
        }
      >
        <SchemaForm model={model} key={model.version_number} />
      </Section>
      <Section isTwoColumn title="Calls" text="Stop calls to the model, without losing anything.">
        <Activation model={model} />
      </Section>
      <Section
        isTwoColumn
        title="Deletion"
        text="The model is removed for you and for callers. This can be undone."
      >
        <Deletion model={model} />
      </Section>
    </>
  );
}
