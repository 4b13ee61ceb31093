/** Shows the error of a page in its place, with a button to retry. The layout stays usable. */

import { Component, type ReactNode } from "react";
import { ErrorState } from "~/components/feedback/ErrorState";
import { queryClient } from "~/services/api/client";

interface Props {
  /** Another path resets the boundary. */
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
    // A chunk that cannot be found belongs to a build that has been replaced.
    if (isMissingChunk(this.state.error)) location.reload();
    void queryClient.resetQueries({ predicate: ({ state }) => state.status === "error" });
    this.setState({ error: null });
  };

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <ErrorState error={error} onRetry={this.retry} />;
  }
}

const isMissingChunk = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|module script/i.test(error.message);
