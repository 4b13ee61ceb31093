import { PageHeader } from "~/components/ui/PageHeader";
import { Figures } from "./system/Figures";
import { Health } from "./system/Health";
import { Parked } from "./system/Parked";
import { Projections } from "./system/Projections";

export default function SystemPage() {
  return (
    <>
      <PageHeader
        title="System"
        text="What the platform is made of, and how it is at this moment."
      />
      <Health />
      <Projections />
      <Parked />
      <Figures />
    </>
  );
}
