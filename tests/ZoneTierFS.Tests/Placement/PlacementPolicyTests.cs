using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class PlacementPolicyTests
{
    private const long Large = PlacementPolicy.LargeFile;

    [Theory]
    [InlineData(FileClass.Weights, 0, true)]
    [InlineData(FileClass.Weights, Large, true)]
    [InlineData(FileClass.Dataset, 1, true)]
    [InlineData(FileClass.Checkpoint, Large, true)]
    [InlineData(FileClass.Checkpoint, Large - 1, false)]
    [InlineData(FileClass.Lora, long.MaxValue, false)]
    [InlineData(FileClass.Kv, long.MaxValue, false)]
    [InlineData(FileClass.Optimizer, long.MaxValue, false)]
    [InlineData(FileClass.Scratch, long.MaxValue, false)]
    [InlineData(FileClass.Other, long.MaxValue, false)]
    public void A_class_has_its_tier(FileClass fileClass, long size, bool capacity) =>
        Assert.Equal(capacity, PlacementPolicy.PrefersCapacityTier(fileClass, size));

    [Theory]
    [InlineData(FileClass.Weights, Large, true)]
    [InlineData(FileClass.Weights, Large - 1, false)]
    [InlineData(FileClass.Dataset, Large, true)]
    [InlineData(FileClass.Checkpoint, Large, true)]
    [InlineData(FileClass.Kv, Large, false)]
    [InlineData(FileClass.Lora, Large, false)]
    [InlineData(FileClass.Scratch, Large, false)]
    public void A_large_download_goes_where_it_will_end(FileClass becomes, long size, bool capacity) =>
        Assert.Equal(capacity, PlacementPolicy.PrefersCapacityTier(FileClass.Scratch, size, becomes));

    [Fact]
    public void Each_class_has_a_stream_of_its_own()
    {
        byte[] indexes = [.. Enum.GetValues<FileClass>().Select(fileClass => StreamKey.ForFile(fileClass, Large).StreamIndex)];
        Assert.Equal(indexes.Length, indexes.Distinct().Count());
        Assert.Equal(StreamKey.Count, indexes.Length);
        Assert.All(indexes, index => Assert.InRange(index, 0, StreamKey.Count - 1));
    }

    [Fact]
    public void A_large_download_is_written_to_the_stream_of_its_final_class()
    {
        Assert.Equal(StreamKey.ForFile(FileClass.Weights, Large), StreamKey.ForFile(FileClass.Scratch, Large, FileClass.Weights));
        Assert.Equal(StreamKey.ForFile(FileClass.Scratch, 1), StreamKey.ForFile(FileClass.Scratch, 1, FileClass.Weights));
        Assert.Equal(StreamKey.ForFile(FileClass.Scratch, 1), StreamKey.ForFile(FileClass.Scratch, Large, FileClass.Kv));
        Assert.Equal(StreamKey.ForFile(FileClass.Other, 1), StreamKey.ForFile((FileClass)200, 1));
    }

    [Fact]
    public void Streams_fold_into_as_few_zones_as_there_are_and_short_lived_bytes_keep_apart_longest()
    {
        StreamKey[] all = [.. Enum.GetValues<FileClass>().Select(fileClass => StreamKey.ForFile(fileClass, Large))];
        for (int streams = 1; streams <= StreamKey.Count + 1; streams++)
        {
            Assert.All(all, stream => Assert.InRange(stream.Fold(streams), 0, Math.Min(streams, StreamKey.Count) - 1));
            bool together = StreamKey.ForFile(FileClass.Kv, 1).Fold(streams) == StreamKey.ForFile(FileClass.Weights, 1).Fold(streams);
            Assert.Equal(streams == 1, together);
        }
        Assert.All(all, stream => Assert.Equal(stream.StreamIndex, stream.Fold(StreamKey.Count)));
    }
}
