import type { ReactNode } from "react";
import { Badge } from "~/components/ui/Badge";
import { Id } from "~/components/ui/Id";
import { PageHeader } from "~/components/ui/PageHeader";
import { Section } from "~/components/ui/Section";
import { Time } from "~/components/ui/Time";
import { type User, useUser } from "~/context/AuthContext";
import { PasswordForm } from "./profile/PasswordForm";
import { ProfileForm } from "./profile/ProfileForm";
import { Sessions } from "./profile/Sessions";
import { ThemeChoice } from "./profile/ThemeChoice";

export default function ProfilePage() {
  const user = useUser();
  return (
    <>
      <PageHeader title="Profile" text="Who you are here, and where you are signed in." />
      <Section isBeside title="You" text="How others see you, and where you are reached.">
        <ProfileForm user={user} />
      </Section>
      <Section
        isBeside
        title="Password"
        text="A new one ends all other sessions at once, in every browser. API keys stay."
      >
        <PasswordForm user={user} />
      </Section>
      <Section isBeside title="Sessions" text="Each browser and program that signed in as you.">
        <Sessions />
      </Section>
      <Section isBeside title="Theme" text="Kept in this browser alone.">
        <ThemeChoice />
      </Section>
      <Section isBeside title="Account" text="What never changes.">
        <Facts user={user} />
      </Section>
    </>
  );
}

function Facts({ user }: { user: User }) {
  const facts: readonly [string, ReactNode][] = [
    ["Username", user.username],
    ["Account", <Id key="id" id={user.id} isWhole />],
    ["Opened", <Time key="at" at={user.created_at} isAbsolute />],
    [
      "Role",
      user.is_admin ? (
        <Badge key="role" tone="accent">
          administrator
        </Badge>
      ) : (
        "User"
      ),
    ],
  ];
  return (
    <dl className="max-w-xl text-sm">
      {facts.map(([name, value]) => (
        <div
          key={name}
          className="grid gap-x-6 border-b py-2 first:pt-0 last:border-0 sm:grid-cols-[7rem_minmax(0,1fr)]"
        >
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
