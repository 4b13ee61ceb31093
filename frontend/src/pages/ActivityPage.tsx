import { EmptyState } from "~/components/ui/EmptyState";
import { PageHeader } from "~/components/ui/PageHeader";
import { Happenings } from "./Happenings";

export default function ActivityPage() {
  return (
    <>
      <PageHeader title="Activity" text="What happens to your models, as it happens." />
      <Happenings
        empty={
          <EmptyState
            title="Nothing happened just now"
            text="Call a model, and it is written down here."
          />
        }
      />
    </>
  );
}
