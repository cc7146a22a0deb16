using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Conformance;

/// <summary>Listings of directories that change meanwhile: what is there throughout is listed once, and a noted place stays the same place.</summary>
public abstract partial class PosixConformance
{
    private const int Staying = 3_000;

    [Fact]
    public void A_listing_has_each_entry_that_stays_once_while_others_come_go_and_are_renamed()
    {
        MakeStaying();
        for (var index = 0; index < 500; index++)
        {
            PosixFile.Create(In($"goes-{index}")).Dispose();
            PosixFile.Create(In($"old-{index}")).Dispose();
        }
        using var stream = new DirectoryStream(_folder);
        var names = new List<string>();
        while (stream.Next() is { } name)
        {
            names.Add(name);
            if (names.Count % 7 != 0 || names.Count / 7 >= 500)
                continue;
            var round = names.Count / 7;
            File.Delete(In($"goes-{round}"));
            PosixFile.Create(In($"comes-{round}")).Dispose();
            PosixFile.Check(Stdlib.rename(In($"old-{round}"), In($"new-{round}")));
        }
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(Staying, names.Count(IsStaying));
        Assert.Contains(".", names);
        Assert.Contains("..", names);
        stream.Rewind();
        var again = stream.Rest();
        Assert.Equal(Directory.GetFiles(_folder).Select(Path.GetFileName).Order(), again.Order());
    }

    [Fact]
    public void A_noted_place_in_a_listing_holds_while_the_directory_changes()
    {
        MakeStaying();
        for (var index = 0; index < 300; index++)
            PosixFile.Create(In($"goes-{index}")).Dispose();
        using var stream = new DirectoryStream(_folder);
        var places = new List<(nint Place, string? Next)>();
        for (var (index, place) = (0, stream.Tell()); stream.Next() is { } name; index++, place = stream.Tell())
            if (index % 100 == 0)
                places.Add((place, IsStaying(name) ? name : null));
        for (var index = 0; index < 300; index++)
            File.Delete(In($"goes-{index}"));
        places.Reverse();
        var counts = new List<int>();
        foreach (var (place, next) in places)
        {
            stream.Seek(place);
            var rest = stream.Rest();
            Assert.Equal(rest.Count, rest.Distinct().Count());
            if (next is not null)
                Assert.Equal(next, rest[0]);
            counts.Add(rest.Count);
        }
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(Staying, counts[^1]);
    }

    private static bool IsStaying(string name) => name.StartsWith("stays", StringComparison.Ordinal);

    private void MakeStaying()
    {
        for (var index = 0; index < Staying; index++)
            PosixFile.Create(In($"stays-{index}")).Dispose();
    }
}
