using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>Rules on the shape of the code: lengths, names, and what must not be left behind. Each returns what is wrong with one file.</summary>
internal static partial class ShapeRules
{
    public const int FileLinesMax = 400;
    public const int MethodLinesMax = 60;
    public const int LineWidthMax = 160;

    private static readonly string[] s_emptyWords = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities"];

    public static IEnumerable<string> Lengths(SourceFile file)
    {
        if (file.Lines.Length > FileLinesMax)
        {
            yield return file.Finding(FileLinesMax + 1, $"the file has {file.Lines.Length} lines; at most {FileLinesMax} are allowed");
        }
        for (int line = 0; line < file.Lines.Length; line++)
        {
            if (file.Lines[line].Length > LineWidthMax)
            {
                yield return file.Finding(line + 1, $"the line has {file.Lines[line].Length} characters; at most {LineWidthMax} are allowed");
            }
        }
        foreach (SyntaxNode member in file.Syntax.DescendantNodes().Where(HasBody))
        {
            // Attributes, such as a theory's rows of data, are no part of what one has to hold in mind.
            int first = file.LineOf(member.ChildNodesAndTokens().SkipWhile(child => child.IsKind(SyntaxKind.AttributeList)).First().SpanStart);
            int lines = file.LineOf(member.Span.End) - first + 1;
            if (lines > MethodLinesMax)
            {
                yield return file.Finding(first, $"the method has {lines} lines; at most {MethodLinesMax} are allowed");
            }
        }
    }

    public static IEnumerable<string> PublicTypes(SourceFile file)
    {
        MemberDeclarationSyntax[] types = [.. file.Syntax.DescendantNodes().OfType<MemberDeclarationSyntax>()
            .Where(member => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Where(member => member.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax && member.Modifiers.Any(SyntaxKind.PublicKeyword))];
        string[] names = [.. types.Select(NameOf).Distinct()];
        if (names.Length > 1)
        {
            yield return file.Finding(types[1], $"the file has {names.Length} public types: {string.Join(", ", names)}");
        }
        if (names.Length > 0 && !names.Contains(file.Name))
        {
            yield return file.Finding(types[0], $"the public type {names[0]} is in a file of another name");
        }
    }

    public static IEnumerable<string> EmptyWords(SourceFile file) =>
        from type in file.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
        where s_emptyWords.Any(word => type.Identifier.Text.EndsWith(word, StringComparison.Ordinal))
        select file.Finding(type, $"the name {type.Identifier.Text} does not say what the type does");

    public static IEnumerable<string> LeftBehind(SourceFile file)
    {
        foreach (SyntaxTrivia comment in file.Syntax.DescendantTrivia(descendIntoTrivia: false).Where(IsComment))
        {
            if (LeftBehindWord().Match(comment.ToFullString()) is { Success: true } word)
            {
                yield return file.Finding(file.LineOf(comment.SpanStart), $"a comment says {word.Value}");
            }
        }
        foreach (IdentifierNameSyntax name in file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            if (name.Identifier.Text == nameof(NotImplementedException) && name.Parent is not InvocationExpressionSyntax && !IsInNameof(name))
            {
                yield return file.Finding(name, "something is not implemented");
            }
        }
        foreach (AttributeArgumentSyntax argument in file.Syntax.DescendantNodes().OfType<AttributeArgumentSyntax>())
        {
            if (argument.NameEquals?.Name.Identifier.Text == "Skip")
            {
                yield return file.Finding(argument, "a test is skipped");
            }
        }
    }

    /// <summary>A catch of everything must narrow it, pass it on, or say why swallowing it is right.</summary>
    public static IEnumerable<string> CatchesOfEverything(SourceFile file) =>
        from clause in file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Declaration is null || clause.Declaration.Type.ToString() is "Exception" or "System.Exception"
        where clause.Filter is null
        where !clause.Block.DescendantNodes().Any(node => node is ThrowStatementSyntax or ThrowExpressionSyntax)
        where !clause.DescendantTrivia().Any(IsComment)
        select file.Finding(clause, "everything is caught, with no filter, no rethrow and no comment that says why");

    private static bool HasBody(SyntaxNode node) => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
        or PropertyDeclarationSyntax { ExpressionBody: not null };

    private static string NameOf(MemberDeclarationSyntax type) =>
        type is BaseTypeDeclarationSyntax declaration ? declaration.Identifier.Text : ((DelegateDeclarationSyntax)type).Identifier.Text;

    private static bool IsComment(SyntaxTrivia trivia) => trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia
        or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia;

    private static bool IsInNameof(SyntaxNode node) =>
        node.Ancestors().OfType<InvocationExpressionSyntax>().Any(call => call.Expression is IdentifierNameSyntax { Identifier.Text: "nameof" });

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b")]
    public static partial Regex LeftBehindWord();
}
