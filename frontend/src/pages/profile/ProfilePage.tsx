import type { ReactNode } from "react";
import { Badge } from "~/components/data/Badge";
import { Id } from "~/components/data/Id";
import { Time } from "~/components/data/Time";
import { PageHeader } from "~/components/layout/PageHeader";
import { Section } from "~/components/layout/Section";
import { type User, useUser } from "~/context/AuthContext";
import { PasswordForm } from "./PasswordForm";
import { ProfileForm } from "./ProfileForm";
import { Sessions } from "./Sessions";
import { ThemeChoice } from "./ThemeChoice";

export default function ProfilePage() {
  const user = useUser();
  return (
    <>
      <PageHeader title="Profile" text="Your account, and where you are signed in." />
      <Section isTwoColumn title="You" text="Your name and your e-mail address.">
        <ProfileForm user={user} />
      </Section>
      <Section
        isTwoColumn
        title="Password"
        text="A new one ends all other sessions at once, in every browser. API keys stay."
      >
        <PasswordForm user={user} />
      </Section>
      <Section isTwoColumn title="Sessions" text="Each browser and program that signed in as you.">
        <Sessions />
      </Section>
      <Section isTwoColumn title="Theme" text="Stored in this browser only.">
        <ThemeChoice />
      </Section>
      <Section isTwoColumn title="Account" text="What never changes.">
        <AccountDetails user={user} />
      </Section>
    </>
  );
}

function AccountDetails({ user }: { user: User }) {
  const details: readonly [string, ReactNode][] = [
    ["Username", user.username],
    ["Account", <Id key="id" id={user.id} isFull />],
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
      {details.map(([name, value]) => (
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
