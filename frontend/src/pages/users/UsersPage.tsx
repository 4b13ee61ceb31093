import { useDeferredValue, useState } from "react";
import { useSearchParams } from "react-router";
import { Badge } from "~/components/data/Badge";
import { LoadMore } from "~/components/data/LoadMore";
import { type Column, Table } from "~/components/data/Table";
import { Time } from "~/components/data/Time";
import { EmptyState } from "~/components/feedback/EmptyState";
import { ErrorState } from "~/components/feedback/ErrorState";
import { Switch } from "~/components/forms/Switch";
import { TextInput } from "~/components/forms/TextInput";
import { PageHeader } from "~/components/layout/PageHeader";
import { type User, useUser } from "~/context/AuthContext";
import { usePagedList } from "~/services/api/pagedList";
import { AccountStatusDialog } from "./AccountStatusDialog";

export default function UsersPage() {
  const ownUser = useUser();
  const [search, setSearch] = useSearchParams();
  const text = search.get("q") ?? "";
  const [userToToggle, setUserToToggle] = useState<User | null>(null);
  const { rows, error, refetch, isPending, isStale, ...more } = usePagedList(
    "/api/v1/admin/users",
    {
      query: { search: useDeferredValue(text.trim()) },
    },
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHeader title="Users" text="All accounts, newest first." />
      <TextInput
        type="search"
        aria-label="Search by username"
        placeholder="How the username begins"
        className="mb-4 sm:max-w-xs"
        maxLength={60}
        value={text}
        onChange={({ target }) =>
          setSearch(target.value ? { q: target.value } : {}, { replace: true })
        }
      />
      <Table
        label="Users"
        columns={columns(ownUser, setUserToToggle)}
        rows={rows}
        keyOf={(user) => user.id}
        isPending={isPending}
        isStale={isStale}
        empty={
          <EmptyState title="No user found" text="Usernames are compared from their beginning." />
        }
      />
      <LoadMore shown={rows.length} {...more} />
      {userToToggle && (
        <AccountStatusDialog user={userToToggle} onClose={() => setUserToToggle(null)} />
      )}
    </>
  );
}

const columns = (ownUser: User, toggle: (user: User) => void): readonly Column<User>[] => [
  {
    title: "Name",
    isMain: true,
    className: "sm:w-1/3",
    cell: (user) => (
      <>
        <span className="inline-flex flex-wrap items-baseline gap-x-2">
          <span className="min-w-0">{user.username}</span>
          {user.is_admin && <Badge tone="accent">administrator</Badge>}
          {user.id === ownUser.id && <Badge>you</Badge>}
        </span>
        {user.full_name && <span className="block font-normal text-soft">{user.full_name}</span>}
      </>
    ),
  },
  { title: "E-mail", cell: (user) => user.email },
  { title: "Since", isNumeric: true, cell: (user) => <Time at={user.created_at} /> },
  {
    title: "Account",
    // A switch has no baseline; its height is that of a line.
    className: "max-sm:items-center sm:align-top!",
    cell: (user) => (
      <Switch
        checked={user.is_active}
        onChange={() => toggle(user)}
        label={
          <>
            {user.is_active ? "Open" : "Closed"}
            <span className="sr-only">, {user.username}</span>
          </>
        }
      />
    ),
  },
];
