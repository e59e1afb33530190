package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	// Where plugin, daemon and engines see what the node keeps below the chart's mps.root.
	mpsRoot  = "/mps"
	mpsRetry = 5 * time.Second
)

func mpsPipes() string { return filepath.Join(mpsRoot, gpu, "pipe") }

// Stands for the pipe on which the real daemon answers.
func mpsControl() string { return filepath.Join(mpsPipes(), "control") }

// runMPSControlDaemon behaves as mps-control-daemon: where the configuration shares by MPS it is ready for clients, and
// a SIGHUP (from the config-manager) makes it read the configuration anew. "mount-shm" prepares their shared memory; the
// real one mounts a tmpfs there, which would outlive the lab's pods.
func runMPSControlDaemon(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 && arguments[0] == "mount-shm" {
		return os.MkdirAll(filepath.Join(mpsRoot, "shm"), 0o777)
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer os.Remove(mpsControl())
	for {
		config, err := loadNvidiaConfig(arguments)
		if err != nil {
			return err
		}
		if err := os.Remove(mpsControl()); err != nil && !os.IsNotExist(err) {
			return err
		}
		if config.sharesByMPS() {
			if err := os.MkdirAll(mpsPipes(), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(mpsControl(), nil, 0o644); err != nil {
				return err
			}
			log.Printf("MPS daemon for %s is ready", gpu)
		} else {
			log.Print("no devices are configured for MPS sharing: waiting")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hangup:
		}
	}
}

// mpsDaemon says why clients of MPS cannot be served, where there are to be any. The real plugin asks the daemon by its
// pipe.
func mpsDaemon(config *nvidiaConfig, profiles map[string]int) error {
	if !config.sharesByMPS() {
		return nil
	}
	if len(profiles) > 0 {
		return errors.New("sharing using MPS is not supported for MIG devices")
	}
	if _, err := os.Stat(mpsControl()); err != nil {
		return fmt.Errorf("error waiting for MPS daemon: %w", err)
	}
	return nil
}

// mpsClient adds what a client of MPS needs: pipe and shared memory of the daemon, which lie on the node.
func mpsClient(answer *api.ContainerAllocateResponse) {
	root := os.Getenv("MPS_ROOT")
	answer.Envs["CUDA_MPS_PIPE_DIRECTORY"] = mpsPipes()
	answer.Mounts = append(answer.Mounts,
		&api.Mount{ContainerPath: mpsPipes(), HostPath: filepath.Join(root, gpu, "pipe")},
		&api.Mount{ContainerPath: "/dev/shm", HostPath: filepath.Join(root, "shm")},
	)
}
