using Microsoft.JSInterop;

namespace Breeze.Console.Shell;

/// <summary>What only the browser can do: storage, clipboard, keys. One module, loaded once.</summary>
public sealed class Browser(IJSRuntime js)
{
    private Task<IJSObjectReference>? _module;

    public ValueTask Remember(string name, string? value) => Call("remember", name, value);

    public ValueTask<string?> Recall(string name) => Ask<string?>("recall", name);

    public ValueTask<bool> PrefersDark() => Ask<bool>("prefersDark");

    /// <summary>False where the browser forbids it, such as on a page without a secure connection.</summary>
    public ValueTask<bool> Copy(string text) => Ask<bool>("copy", text);

    /// <summary>The IANA names that the browser knows, UTC first.</summary>
    public ValueTask<string[]> TimeZones() => Ask<string[]>("timeZones");

    public ValueTask SetTheme(bool isDark) => Call("setTheme", isDark);

    public ValueTask FocusHeading() => Call("focusHeading");

    /// <summary>What stands behind # in the address, which is taken out of the address and of the history; empty for none.</summary>
    public ValueTask<string> TakeFragment() => Ask<string>("takeFragment");

    public ValueTask ListenToKeys<T>(DotNetObjectReference<T> shell)
        where T : class => Call("listenToKeys", shell);

    private async ValueTask Call(string name, params object?[] arguments) => await (await Module()).InvokeVoidAsync(name, arguments);

    private async ValueTask<T> Ask<T>(string name, params object?[] arguments) => await (await Module()).InvokeAsync<T>(name, arguments);

    private Task<IJSObjectReference> Module() => _module ??= js.InvokeAsync<IJSObjectReference>("import", "/console.js").AsTask();
}
