import { ButtonLink } from "~/components/buttons/Button";
import { EmptyState } from "~/components/feedback/EmptyState";
import { PageHeader } from "~/components/layout/PageHeader";

export default function NotFoundPage() {
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyState
        title="Nothing found"
        text="There is nothing at this address, or you have no access to it."
      >
        <ButtonLink to="/" variant="primary">
          To the dashboard
        </ButtonLink>
        <ButtonLink to="/models">To your models</ButtonLink>
      </EmptyState>
    </>
  );
}
