import { ButtonLink } from "~/components/ui/Button";
import { EmptyState } from "~/components/ui/EmptyState";
import { PageHeader } from "~/components/ui/PageHeader";

export default function NotFoundPage() {
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyState
        title="This leaf is blank"
        text="There is nothing at this address, or it is not yours to see."
      >
        <ButtonLink to="/" look="primary">
          To the dashboard
        </ButtonLink>
        <ButtonLink to="/models">To your models</ButtonLink>
      </EmptyState>
    </>
  );
}
