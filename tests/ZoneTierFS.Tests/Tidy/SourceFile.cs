using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ZoneTierFS.Tests.Tidy;

/// <summary>A C# file and its syntax.</summary>
/// <param name="path">From the repository's root, with slashes.</param>
internal sealed class SourceFile(string path, string text)
{
    private static readonly CSharpParseOptions s_options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private readonly Lazy<SyntaxNode> _syntax = new(() => CSharpSyntaxTree.ParseText(text, s_options).GetRoot());

    public string Path { get; } = path;

    /// <summary>The file's name up to its first dot: a type that is spread over files has a name for each part behind it.</summary>
    public string Name { get; } = System.IO.Path.GetFileName(path).Split('.')[0];

    public string[] Lines { get; } = text.TrimEnd('\n').Split('\n');

    public SyntaxNode Syntax => _syntax.Value;

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    /// <summary>How a finding at a node is shown: path, line from 1, and what is wrong.</summary>
    public string Finding(SyntaxNode node, string problem) => Finding(LineOf(node.SpanStart), problem);

    public string Finding(int line, string problem) => $"{Path}:{line}: {problem}";

    /// <summary>From 1.</summary>
    public int LineOf(int position) => Syntax.SyntaxTree.GetLineSpan(new Microsoft.CodeAnalysis.Text.TextSpan(position, 0)).StartLinePosition.Line + 1;
}
