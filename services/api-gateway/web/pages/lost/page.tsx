import { PageHead } from "../../parts/page";
import { Empty } from "../../parts/states";

export default function LostPage() {
    return (
        <>
            <PageHead title="No such page" />
            <Empty icon="warning" title="Nothing is here" action={<a href="/calls">To the calls</a>}>
                The address is wrong, or the page was taken away.
            </Empty>
        </>
    );
}
