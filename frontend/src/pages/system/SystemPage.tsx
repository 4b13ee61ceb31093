import { PageHeader } from "~/components/layout/PageHeader";
import { Health } from "./Health";
import { ParkedEvents } from "./ParkedEvents";
import { PlatformMetrics } from "./PlatformMetrics";
import { Projections } from "./Projections";

export default function SystemPage() {
  return (
    <>
      <PageHeader
        title="System"
        text="What the platform is made of, and how it is at this moment."
      />
      <Health />
      <Projections />
      <ParkedEvents />
      <PlatformMetrics />
    </>
  );
}
