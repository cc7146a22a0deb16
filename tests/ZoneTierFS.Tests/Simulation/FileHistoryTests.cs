using Xunit;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

public class FileHistoryTests
{
    private const int Block = FileHistory.Block;

    [Fact]
    public void DurableBytesMustSurviveExactly()
    {
        FileHistory file = Durable('A', 2 * Block);
        Assert.Null(file.FindDamage(Found(new string('A', 2 * Block)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', 2 * Block - 1) + "x"), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', Block)), file.Floor));
    }

    [Fact]
    public void OverwrittenBlocksMayBeOldOrNewEachByItself()
    {
        FileHistory file = Durable('A', 2 * Block);
        file.Complete(file.Write(0, Bytes('B', 2 * Block)));
        Assert.Null(file.FindDamage(Found(new string('A', Block) + new string('B', Block)), file.Floor));
        Assert.Null(file.FindDamage(Found(new string('B', Block) + new string('A', Block)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', 100) + new string('B', (2 * Block) - 100)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('\0', 2 * Block)), file.Floor));
    }

    [Fact]
    public void NothingOldMaySurviveOnceTheNewIsDurable()
    {
        FileHistory file = Durable('A', Block);
        int write = file.Write(0, Bytes('B', Block));
        file.Complete(write);
        file.RaiseFloor(write);
        Assert.Null(file.FindDamage(Found(new string('B', Block)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', Block)), file.Floor));
    }

    [Fact]
    public void AGrowingFileMayHaveAnySizeBetweenAndZerosWhereNothingCame()
    {
        FileHistory file = Durable('A', Block);
        file.Complete(file.Write(Block, Bytes('B', 2 * Block)));
        Assert.Null(file.FindDamage(Found(new string('A', Block) + new string('B', 500)), file.Floor));
        Assert.Null(file.FindDamage(Found(new string('A', Block) + new string('\0', Block) + new string('B', Block)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', Block) + new string('C', Block)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', 4 * Block)), file.Floor));
    }

    [Fact]
    public void ACutThatIsDurableNeverShowsWhatItCutOff()
    {
        FileHistory file = Durable('A', Block);
        int cut = file.Truncate(100);
        file.Complete(cut);
        Assert.Null(file.FindDamage(Found(new string('A', Block)), file.Floor));
        file.RaiseFloor(cut);
        file.Complete(file.Truncate(Block));
        Assert.Null(file.FindDamage(Found(new string('A', 100) + new string('\0', Block - 100)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('A', Block)), file.Floor));
    }

    [Fact]
    public void AWriteAndACutMayMixInAnyOrder()
    {
        FileHistory file = Durable('A', Block);
        file.Complete(file.Write(0, Bytes('B', Block)));
        file.Complete(file.Truncate(100));
        file.Complete(file.Truncate(Block));
        Assert.Null(file.FindDamage(Found(new string('A', 100) + new string('\0', Block - 100)), file.Floor));
        Assert.NotNull(file.FindDamage(Found(new string('C', 100) + new string('\0', Block - 100)), file.Floor));
    }

    [Fact]
    public void AFailedWriteLeavesNoTrace()
    {
        FileHistory file = Durable('A', Block);
        file.Revert(file.Write(0, Bytes('B', 3 * Block)));
        Assert.Equal(Block, file.Size);
        Assert.NotNull(file.FindDamage(Found(new string('B', Block)), file.Floor));
        var bytes = new byte[Block];
        file.Read(0, bytes);
        Assert.Equal(Bytes('A', Block), bytes);
    }

    [Fact]
    public void OnlyOperationsThatAllBeforeWereAnsweredCountAsCompleted()
    {
        FileHistory file = Durable('A', 4 * Block);
        int first = file.Write(0, Bytes('B', Block));
        int second = file.Write(Block, Bytes('C', Block));
        file.Complete(second);
        Assert.Equal(first - 1, file.Completed);
        file.Complete(first);
        Assert.Equal(second, file.Completed);
    }

    [Fact]
    public void WhatSurvivedIsTheNewTruth()
    {
        FileHistory file = Durable('A', Block);
        file.Complete(file.Write(0, Bytes('B', Block)));
        file.Adopt(Found(new string('A', Block)));
        Assert.NotNull(file.FindDamage(Found(new string('B', Block)), file.Floor));
        Assert.Null(file.FindDamage(Found(new string('A', Block)), file.Floor));
    }

    private static FileHistory Durable(char value, int length)
    {
        var file = new FileHistory();
        int write = file.Write(0, Bytes(value, length));
        file.Complete(write);
        file.RaiseFloor(write);
        return file;
    }

    private static byte[] Bytes(char value, int length) => [.. Enumerable.Repeat((byte)value, length)];

    private static SurvivingFile Found(string content)
    {
        var blocks = new SortedDictionary<long, byte[]>();
        for (int at = 0; at < content.Length; at += Block)
        {
            var block = new byte[Block];
            string part = content.Substring(at, Math.Min(Block, content.Length - at));
            System.Text.Encoding.Latin1.GetBytes(part, block);
            if (block.AsSpan().ContainsAnyExcept((byte)0))
            {
                blocks.Add(at / Block, block);
            }
        }

        return new SurvivingFile(content.Length, blocks);
    }
}
