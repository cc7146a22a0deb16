using System.Runtime.CompilerServices;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>A way from the root to a place in a leaf: for each level the page, and the index in it. Level 0 is the leaf.</summary>
[InlineArray(TreePage.LevelMax + 1)]
internal struct TreePath
{
    private Step _leaf;

    internal struct Step
    {
        public uint Page;
        public int Index;
    }
}
