using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Rules on what code may call. Each returns what is wrong with one file.</summary>
internal static class ApiRules
{
    private static readonly string[] s_escapes =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Environment.TickCount", "Environment.TickCount64",
        "Task.Run", "Thread.Sleep", "Random.Shared",
    ];

    /// <summary>What escapes the world that the engine is given: the clock, the scheduler and the dice of the process.</summary>
    public static IEnumerable<string> Escapes(SourceFile file)
    {
        foreach (SyntaxNode node in file.Syntax.DescendantNodes())
        {
            if (node is MemberAccessExpressionSyntax access)
            {
                string? escape = s_escapes.FirstOrDefault(name => IsMember(access, name));
                escape ??= access.Name.Identifier.Text == "ConfigureAwait" ? "ConfigureAwait" : null;
                if (escape is not null)
                {
                    yield return file.Finding(node, $"{escape} escapes the context, clock or randomness that the caller chose");
                }
            }
            if (node is IdentifierNameSyntax { Identifier.Text: "Stopwatch" })
            {
                yield return file.Finding(node, "Stopwatch escapes the clock that the caller chose; ask the TimeProvider");
            }
        }
        foreach (string finding in DelaysInRealTime(file))
        {
            yield return finding;
        }
    }

    /// <summary>Waiting for time to pass instead of for the thing itself makes a test slow on one machine and false on another.</summary>
    public static IEnumerable<string> Sleeps(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Where(access => IsMember(access, "Thread.Sleep"))
            .Select(access => file.Finding(access, "Thread.Sleep in a test")).Concat(DelaysInRealTime(file));

    private static IEnumerable<string> DelaysInRealTime(SourceFile file) =>
        from call in file.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression is MemberAccessExpressionSyntax access && IsMember(access, "Task.Delay")
        where !call.ArgumentList.Arguments.Skip(1).Any(argument => argument.ToString().Contains("time", StringComparison.OrdinalIgnoreCase))
        select file.Finding(call, "Task.Delay without a TimeProvider");

    /// <summary>Whether an access is to a static member, however much of the namespace is spelled out.</summary>
    private static bool IsMember(MemberAccessExpressionSyntax access, string typeAndMember)
    {
        string text = string.Concat(access.ToString().Where(character => !char.IsWhiteSpace(character)));
        return text == typeAndMember || text.EndsWith("." + typeAndMember, StringComparison.Ordinal);
    }
}
