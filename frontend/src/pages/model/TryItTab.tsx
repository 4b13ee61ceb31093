import { JsonView } from "~/components/ui/JsonView";
import { useModel } from "./ModelPage";

export default function TryItTab() {
  const { input_schema } = useModel();
  return (
    <>
      <h2 className="mb-3 text-lg">What one row is made of</h2>
      <JsonView value={input_schema} />
    </>
  );
}
