// Before the first paint, so that a page never flashes in the other theme. Classic script: no imports.
{
    let theme: string | null = null;
    try {
        theme = localStorage.getItem("callmill.theme");
    } catch {
        // a browser that keeps nothing: the system's theme it is
    }
    if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
}
