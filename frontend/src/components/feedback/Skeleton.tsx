import { cx } from "~/components/cx";

/** A placeholder for content that is loading. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden className={cx("block animate-breathe rounded-sm bg-sunken", className)} />
  );
}

export function PageSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="min-h-96">
      <Skeleton className="h-8 w-56 max-w-full" />
      <div className="ruled-off mt-4 mb-8" />
      <Skeleton className="mb-3 h-5 w-full" />
      <Skeleton className="mb-3 h-5 w-11/12" />
      <Skeleton className="h-5 w-2/3" />
    </div>
  );
}
