import { PageHeader } from "~/components/layout/PageHeader";
import { Health } from "./Health";
import { ParkedEvents } from "./ParkedEvents";
import { PlatformMetrics } from "./PlatformMetrics";
import { Projections } from "./Projections";

export default function SystemPage() {
  return (
    <>
      <PageHeader title="System" text="The components of the platform, and their current state." />
      <Health />
      <Projections />
      <ParkedEvents />
      <PlatformMetrics />
    </>
  );
}
