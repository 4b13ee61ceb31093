/** Keeps a page that fails from taking the others along, and lets it be tried again. */

import { Component, type ReactNode } from "react";
import { ErrorState } from "~/components/feedback/ErrorState";
import { queryClient } from "~/services/api/client";

interface Props {
  /** A new address is a new try. */
  address: string;
  children: ReactNode;
}

interface State {
  error: unknown;
  address: string;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, address: this.props.address };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps({ address }: Props, state: State): Partial<State> | null {
    return address === state.address ? null : { error: null, address };
  }

  private retry = (): void => {
    // A part of the page that was not found is part of a build that has been replaced.
    if (isMissingPart(this.state.error)) location.reload();
    void queryClient.resetQueries({ predicate: ({ state }) => state.status === "error" });
    this.setState({ error: null });
  };

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <ErrorState error={error} onRetry={this.retry} />;
  }
}

const isMissingPart = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|module script/i.test(error.message);
