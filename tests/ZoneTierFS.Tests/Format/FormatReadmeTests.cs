using System.Globalization;
using System.Reflection;
using Xunit;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Tests.Format;

/// <summary>The specification's tables and the code's constants say the same, and every byte of a structure has its row.</summary>
public sealed class FormatReadmeTests
{
    [Theory]
    [InlineData("Superblock", typeof(Superblock), 0, Superblock.Size)]
    [InlineData("Page", typeof(PageFormat), 0, PageFormat.Size)]
    [InlineData("Tree page", typeof(TreePage), PageFormat.OwnOffset, PageFormat.HeaderSize)]
    [InlineData("Checkpoint root", typeof(CheckpointRoot), PageFormat.OwnOffset, PageFormat.Size)]
    [InlineData("Journal batch", typeof(JournalBatchHeader), 0, JournalBatchHeader.Size)]
    public void Offsets_are_as_specified(string section, Type type, int start, int end)
    {
        var constants = type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral && field.Name.EndsWith("Offset", StringComparison.Ordinal))
            .ToDictionary(field => field.Name[..^"Offset".Length], field => Convert.ToInt32(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
        var next = start;
        var seen = new List<string>();
        foreach (var row in Rows(section))
        {
            Assert.Equal(next, int.Parse(row[0], CultureInfo.InvariantCulture));
            next += int.Parse(row[1], CultureInfo.InvariantCulture);
            if (row[2] == "reserved")
                continue;
            Assert.True(constants.TryGetValue(row[2], out var offset), $"{type.Name} has no {row[2]}Offset.");
            Assert.Equal(int.Parse(row[0], CultureInfo.InvariantCulture), offset);
            seen.Add(row[2]);
        }
        Assert.Equal(end, next);
        Assert.Equal(constants.Keys.Order(), seen.Order());
    }

    [Fact]
    public void Tags_are_as_specified() =>
        Assert.Equal(Enum.GetValues<JournalTag>().Select(tag => $"{(int)tag} {tag}"), Rows("Mutations").Select(row => $"{row[0]} {row[1]}"));

    [Fact]
    public void Numbers_in_the_text_are_the_code_s()
    {
        Assert.Equal(2040u, PageTable.EntriesPerPage);
        Assert.Equal(2032, CheckpointRoot.AddressesMax);
        Assert.Equal((16 << 20) - 64, JournalBatchHeader.PayloadBytesMax);
        Assert.Equal(20, TreePage.EntrySize);
        Assert.Equal([1, 2, 3, 4, 5], Enum.GetValues<PageKind>().Select(kind => (int)kind));
    }

    private static IEnumerable<string[]> Rows(string section) =>
        File.ReadLines(ReadmePath())
            .SkipWhile(line => line.TrimStart('#', ' ') != section)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string ReadmePath()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ZoneTierFS.sln")))
            folder = folder.Parent ?? throw new FileNotFoundException("The solution is not above the tests.");
        return Path.Combine(folder.FullName, "src", "ZoneTierFS.Engine", "Format", "README.md");
    }
}
