"""What pyproject.toml has no words for; everything else stands there.

The notebooks are part of the package, as `ppo_lesson/course`, without a second copy in git: that
folder is `notebooks/`. An editable install places `data-files` too: `editable_wheel` of setuptools
asks the distribution for `has_data`, which is called `has_data_files`. And a wheel carries what a
checkout has beside the package: requirements.txt, so that `check_packages` knows the tested
versions, and TEACHING.md, a page of the website.
"""

from pathlib import Path

from setuptools import Distribution, find_packages, setup
from setuptools.command.build_py import build_py

COURSE = "ppo_lesson.course"


class WithDataFiles(Distribution):
    """Knows its data files by both names."""

    has_data = Distribution.has_data_files


class WithFilesBeside(build_py):
    """Copies the package's files, and those beside it among its modules."""

    def run(self) -> None:
        """Copy them; an editable install leaves everything where it is."""
        super().run()
        if not self.editable_mode:
            for name in ("requirements.txt", "TEACHING.md"):
                self.copy_file(name, str(Path(self.build_lib, "ppo_lesson")))


setup(
    distclass=WithDataFiles,
    packages=[*find_packages(include=["ppo_lesson*"]), COURSE],
    package_dir={COURSE: "notebooks"},
    cmdclass={"build_py": WithFilesBeside},
)
