using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Finds tests that cannot fail because nothing in them, or in what they call, asserts.</summary>
internal static class AssertionRules
{
    private static readonly string[] s_tests = ["Fact", "Theory"];

    /// <summary>Calls of FsCheck that throw when a property fails.</summary>
    private static readonly string[] s_propertyChecks = ["QuickCheckThrowOnFailure", "VerboseCheckThrowOnFailure"];

    public static IEnumerable<string> TestsWithoutAssertion(IReadOnlyCollection<SourceFile> files)
    {
        MethodDeclarationSyntax[] methods = [.. files.SelectMany(file => file.Syntax.DescendantNodes()).OfType<MethodDeclarationSyntax>()];
        HashSet<string> asserting = AssertingMethods(methods);
        foreach (SourceFile file in files)
        {
            foreach (MethodDeclarationSyntax method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(IsTest))
            {
                if (!Asserts(method) && !CalledNames(method).Any(asserting.Contains))
                {
                    yield return file.Finding(method, $"the test {method.Identifier.Text} asserts nothing");
                }
            }
        }
    }

    /// <summary>Names of methods that assert or call one that does, found by going round until no more are found.</summary>
    private static HashSet<string> AssertingMethods(MethodDeclarationSyntax[] methods)
    {
        HashSet<string> names = [.. methods.Where(method => !IsTest(method) && Asserts(method)).Select(method => method.Identifier.Text)];
        for (int before = -1; before != names.Count;)
        {
            before = names.Count;
            names.UnionWith(methods.Where(method => !IsTest(method) && CalledNames(method).Any(names.Contains)).Select(method => method.Identifier.Text));
        }
        return names;
    }

    private static bool IsTest(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => s_tests.Contains(attribute.Name.ToString()));

    private static bool Asserts(SyntaxNode method) => method.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        .Any(access => access.Expression.ToString() is "Assert" or "Xunit.Assert" || s_propertyChecks.Contains(access.Name.Identifier.Text));

    private static IEnumerable<string> CalledNames(SyntaxNode method) =>
        method.DescendantNodes().OfType<SimpleNameSyntax>().Select(name => name.Identifier.Text);
}
